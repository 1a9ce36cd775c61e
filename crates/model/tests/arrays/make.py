"""Writes the NPY files of this folder with NumPy: every type, order of bytes, order of axes and version that the reader takes.

Entry (i, j) of a matrix of shape (2, 3) is 3 i + j - 2 (unsigned: 3 i + j; bool: whether that is odd), by which the test knows it.
"""

import pathlib

import numpy as np

folder = pathlib.Path(__file__).parent
signed = np.arange(6).reshape(2, 3) - 2
unsigned = np.arange(6).reshape(2, 3)


def save(name, array, version=None):
    with open(folder / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version)


for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
    values = unsigned if kind[0] == "u" else signed
    for order, word in [("<", "little"), (">", "big")]:
        if kind[1] == "1" and order == ">":
            continue
        save(f"{kind}_{word}", values.astype(order + kind))
save("bool", unsigned % 2 == 1)
save("fortran", np.asfortranarray(signed.astype("f8")))
save("version2", signed.astype("<f8"), (2, 0))
save("version3", signed.astype("<f8"), (3, 0))
save("complex", (signed - 1j * unsigned).astype("<c16"))
save("complex_fortran", np.asfortranarray((signed - 1j * unsigned).astype(">c8")))
save("scalar", np.float64(2.5))
save("fortran3", np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)))
