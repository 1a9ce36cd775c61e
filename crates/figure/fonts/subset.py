"""How the font files of this folder were made, with fonttools: python subset.py LIBERATION_FOLDER NOTO_SANS_MATH OUT

Hinting, kerning and substitutions are dropped: outlines, advances and the character map are all that we read.
"Liberation" is a reserved name that modified versions may not carry, so the subsets have names of their own.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

RANGES = [(0x20, 0x7F), (0xA0, 0x180), (0x370, 0x400), (0x400, 0x460)]
SIGNS = (
    "–—‘’“”†‡•…‰′″‹›€™−√∞∫∂∑∏∇≈≠≡≤≥≪≫∈∉⊂∪∩∀∃∅⊙⊗⊕⊥∥‖⟨⟩ℓℝℂℤℕ∝∘·×÷±→←↔↦⇒⇔ħ∗⋅⋯½¼¾‐∼≃≅⌊⌋⌈⌉□■△▲○●\u2009\u202f"
)
WANTED = {ord(c) for c in SIGNS}.union(*(range(a, b) for a, b in RANGES))


def write(source, characters, family, style, path):
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.drop_tables += ["FFTM", "GSUB", "GPOS", "GDEF", "MATH", "kern"]
    font = TTFont(source, recalcTimestamp=False)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=characters)
    cut.subset(font)
    full = f"{family} {style}"
    for number, text in [(1, family), (2, style), (3, full), (4, full), (6, full.replace(" ", "-"))]:
        for record in font["name"].names:
            if record.nameID == number:
                record.string = text
    font.save(path)


liberation, noto, out = map(Path, sys.argv[1:4])
for style in ["Regular", "Bold", "Italic"]:
    write(liberation / f"LiberationSans-{style}.ttf", WANTED, "Figure Sans", style, out / f"{style.lower()}.ttf")
have = set(TTFont(liberation / "LiberationSans-Regular.ttf").getBestCmap())
write(noto, WANTED - have, "Figure Math", "Regular", out / "math.ttf")
