//! Files of arrays: what is read from each format, and what is said of files that are wrong.

mod folder;

use folder::Folder;
use symbias_model::data::{self, Array, Entries, read_array};
use symbias_model::language::{Copies, SourceFile};

fn fixture(name: &str) -> Array {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/arrays");
    read_array(&folder.join(format!("{name}.npy")), None).expect(name)
}

#[test]
fn npy_of_every_type_order_and_version() {
    let signed = [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
    let unsigned = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let mut names = vec!["i1_little".to_owned(), "u1_little".to_owned()];
    for kind in ["f2", "f4", "f8", "i2", "i4", "i8", "u2", "u4", "u8"] {
        names.extend([format!("{kind}_little"), format!("{kind}_big")]);
    }
    names.extend(["fortran", "version2", "version3"].map(str::to_owned));
    for name in names {
        let found = fixture(&name);
        assert_eq!(found.shape, [2, 3], "{name}");
        let expected = if name.starts_with('u') {
            unsigned
        } else {
            signed
        };
        assert_eq!(found.entries, expected, "{name}");
    }
    assert_eq!(fixture("bool").entries, [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
    let scalar = fixture("scalar");
    assert!(scalar.shape.is_empty() && scalar.entries == [2.5]);
    for name in ["complex", "complex_fortran"] {
        let found = fixture(name);
        assert_eq!(found.shape, [2, 3, 2], "{name}");
        let parts: Vec<f64> = (0..6).flat_map(|i| [signed[i], -unsigned[i]]).collect();
        assert_eq!(found.entries, parts, "{name}");
    }
    let counted: Vec<f64> = (0..24).map(f64::from).collect();
    assert_eq!(fixture("fortran3").entries, counted);
}

#[test]
fn csv_in_the_forms_that_programs_write() {
    let folder = Folder::new("csv");
    let table = |text: &str, key: Option<&str>| {
        read_array(&folder.file("t.csv", text), key).unwrap_or_else(|e| panic!("{text:?}: {e}"))
    };
    let matrix = [1.0, -2.5, 3e-4, 4.0];
    for text in [
        "1,-2.5\n3e-4,4\n",
        "1,-2.5\n3e-4,4",
        "\u{feff}1;-2.5\r\n3e-4;4\r\n",
        "# two numbers\n\n1\t-2.5\n 3e-4 \t+4. # the last\n\n",
        "\"1\",\"-2.5\"\n3e-4, \"4\"\n",
        "a,b\n1,-2.5\n3e-4,4\n",
        "\"a, with # and \"\"quotes\"\"\";b\n1;-2.5\n3e-4;4\n",
    ] {
        let found = table(text, None);
        assert_eq!(
            (found.shape, found.entries.as_slice()),
            (vec![2, 2], &matrix[..]),
            "{text:?}"
        );
    }
    let named = "x,label,\"y \"\"2\"\"\"\n1,red,2\n3,blue,4\n";
    assert_eq!(
        table(named, Some("x")),
        Array {
            shape: vec![2],
            entries: vec![1.0, 3.0]
        }
    );
    assert_eq!(table(named, Some("y \"2\"")).entries, [2.0, 4.0]);
    assert_eq!(table("y\n1\n2\n", None).shape, [2]);
    assert_eq!(table("1,2,3\n", None).shape, [1, 3]);
    let tabs = read_array(&folder.file("t.tsv", "a;b\tc\n1\t2\n"), Some("a;b")).expect("a column");
    assert_eq!(tabs.entries, [1.0]);
}

/// Every message has the file, the place, the value or rule, and a remedy.
#[test]
fn what_is_wrong_with_a_file_is_said() {
    let folder = Folder::new("wrong");
    let npy = |header: &str, data: &[u8]| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes().chain(data.iter().copied()));
        bytes
    };
    let f8 = |shape: &str, numbers: &[f64]| {
        let data: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        npy(
            &format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n"),
            &data,
        )
    };
    let huge = "(4294967296, 4294967296, 2)";
    let cases: Vec<(&str, Vec<u8>, Option<&str>, &str)> = vec![
        ("empty.npy", vec![], None, "0 bytes"),
        ("empty.csv", vec![], None, "0 bytes"),
        ("empty.safetensors", vec![], None, "0 bytes"),
        ("magic.npy", b"PK\x03\x04archive".to_vec(), None, ".npz"),
        (
            "magic.npy",
            b"1,2\n".to_vec(),
            None,
            "it begins with \"1,2\\n\"",
        ),
        (
            "version.npy",
            b"\x93NUMPY\x04\x00\x00\x00".to_vec(),
            None,
            "version 4.0 at byte 6",
        ),
        (
            "short.npy",
            b"\x93NUMPY\x01".to_vec(),
            None,
            "ends at byte 7",
        ),
        (
            "lies.npy",
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(),
            None,
            "4294967295 bytes",
        ),
        (
            "cut.npy",
            f8("(3,)", &[1.0, 2.0]),
            None,
            "16 bytes of numbers from byte 68 on",
        ),
        ("long.npy", f8("(1,)", &[1.0, 2.0]), None, "needs 8"),
        ("huge.npy", f8(huge, &[1.0]), None, "more than there can be"),
        ("none.npy", f8("(0, 3)", &[]), None, "0 entries"),
        (
            "nan.npy",
            f8("(2,)", &[1.0, f64::NAN]),
            None,
            "entry 1 of the array in",
        ),
        ("inf.npy", f8("(2,)", &[f64::INFINITY, 1.0]), None, "is inf"),
        ("key.npy", f8("(1,)", &[1.0]), Some("x"), "leave `key` out"),
        (
            "latin.csv",
            b"1,2\n3,\xe9\n".to_vec(),
            None,
            "not UTF-8 at byte 6 (line 2)",
        ),
        (
            "quote.csv",
            b"1,2\n3,\"4\n5,6\n".to_vec(),
            None,
            "line 2 column 3: a quote that is not closed",
        ),
        (
            "quote.csv",
            b"1,2\n3,4\"\n".to_vec(),
            None,
            "line 2 column 4: a quote within",
        ),
        (
            "quote.csv",
            b"\"1\"2,3\n".to_vec(),
            None,
            "line 1 column 4: `2` after the end",
        ),
        (
            "ragged.csv",
            b"1,2\n3,4,5\n".to_vec(),
            None,
            "line 2 column 5: 3 fields",
        ),
        (
            "ragged.csv",
            b"1,2\n3\n".to_vec(),
            None,
            "line 2 column 1: 1 fields",
        ),
        (
            "word.csv",
            b"1,2\n3,x4\n".to_vec(),
            None,
            "line 2 column 3: `x4` is no number",
        ),
        (
            "mixed.csv",
            b"1,2.O\n3,4\n".to_vec(),
            None,
            "line 1 column 3: `2.O` among numbers",
        ),
        ("comma.csv", b"1;2\n1,5;2\n".to_vec(), None, "decimal point"),
        (
            "missing.csv",
            b"1,,2\n".to_vec(),
            None,
            "line 1 column 3: `` among numbers",
        ),
        (
            "missing.csv",
            b"a,b\n1,\n".to_vec(),
            None,
            "line 2 column 3: an empty field",
        ),
        ("none.csv", b"a,b\n# nothing\n".to_vec(), None, "0 entries"),
        (
            "nan.csv",
            b"1,2\n3,NaN\n".to_vec(),
            None,
            "entry 3 of the array in",
        ),
        (
            "over.csv",
            b"1e999\n".to_vec(),
            None,
            "inf (line 1 column 1)",
        ),
        (
            "name.csv",
            b"alpha,beta\n1,2\n".to_vec(),
            Some("betta"),
            "it has `beta`",
        ),
        (
            "name.csv",
            b"1,2\n".to_vec(),
            Some("x"),
            "write names above",
        ),
        (
            "twice.csv",
            b"a,a\n1,2\n".to_vec(),
            Some("a"),
            "several columns",
        ),
        ("npy.csv", f8("(1,)", &[1.0]), None, "ending .npy"),
        ("npy.safetensors", f8("(1,)", &[1.0]), None, "ending .npy"),
    ];
    for (name, bytes, key, what) in cases {
        let path = folder.file(name, &bytes);
        let message = read_array(&path, key).expect_err(name).to_string();
        assert!(message.contains(what), "{name}: {message}");
        assert!(message.contains(name), "{name}: no file in {message}");
        assert!(message.contains("help: "), "{name}: no remedy in {message}");
    }
}

#[test]
fn paths_that_lead_to_no_file() {
    let folder = Folder::new("paths");
    for name in ["missing.npy", "missing.csv", "missing"] {
        let message = read_array(&folder.path(name), None)
            .expect_err(name)
            .to_string();
        assert!(
            message.contains(name) && message.contains("cannot read"),
            "{message}"
        );
    }
    let message = read_array(&folder.path(""), None)
        .expect_err("a folder")
        .to_string();
    assert!(message.contains("is a directory"), "{message}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        folder.file("real.csv", "1\n2\n");
        symlink(folder.path("real.csv"), folder.path("link.csv")).expect("a link");
        assert_eq!(
            read_array(&folder.path("link.csv"), None)
                .expect("two")
                .entries,
            [1.0, 2.0]
        );
        symlink(folder.path("loop.csv"), folder.path("loop.csv")).expect("a link");
        assert!(read_array(&folder.path("loop.csv"), None).is_err());
        symlink("/dev/zero", folder.path("zero.npy")).expect("a link");
        let message = read_array(&folder.path("zero.npy"), None)
            .expect_err("zeros")
            .to_string();
        assert!(message.contains("no regular file"), "{message}");
    }
}

#[test]
fn what_is_written_is_read_and_replaces_all_or_nothing() {
    let folder = Folder::new("write");
    let path = folder.path("out.safetensors");
    let (doubles, floats) = ([0.1, -2.0, 1e300, 4.0], [0.5f32, 1.5]);
    let arrays: [(&str, &[usize], Entries<'_>); 2] = [
        ("M", &[2, 2], Entries::from(&doubles[..])),
        ("v", &[2], Entries::from(&floats[..])),
    ];
    data::write_arrays(&path, &arrays).expect("written");
    let found = read_array(&path, Some("M")).expect("M");
    assert_eq!(
        (found.shape, found.entries.as_slice()),
        (vec![2, 2], &doubles[..])
    );
    assert_eq!(read_array(&path, Some("v")).expect("v").entries, [0.5, 1.5]);
    let message = read_array(&path, None)
        .expect_err("two tensors")
        .to_string();
    assert!(
        message.contains("2 tensors") && message.contains("`M`, `v`"),
        "{message}"
    );

    let before = std::fs::read(&path).expect("bytes");
    for wrong in [
        [
            ("M", &[2, 2][..], arrays[0].2),
            ("M", &[2][..], arrays[1].2),
        ],
        [
            ("M", &[3, 2][..], arrays[0].2),
            ("v", &[2][..], arrays[1].2),
        ],
        [
            ("M", &[usize::MAX, 2][..], arrays[0].2),
            ("v", &[2][..], arrays[1].2),
        ],
    ] {
        data::write_arrays(&path, &wrong).expect_err("a mistake");
    }
    assert!(data::write_arrays(&folder.path("no/folder"), &arrays).is_err());
    assert_eq!(std::fs::read(&path).expect("bytes"), before);
    let names = std::fs::read_dir(folder.path(""))
        .expect("a folder")
        .count();
    assert_eq!(names, 1, "a partial file was left");
}

#[test]
fn constants_come_from_every_format() {
    let folder = Folder::new("constants");
    folder.file("row.csv", "i,j,weight\n0,1,0.5\n2,0,1.5\n");
    folder.file("flat.csv", "1\n2\n3\n4\n5\n6\n");
    let matrix: Vec<f64> = (0..6).map(f64::from).collect();
    data::write_arrays(
        &folder.path("m.safetensors"),
        &[
            ("A", &[2, 3], Entries::F64(&matrix)),
            ("B", &[1], Entries::F64(&[0.0])),
        ],
    )
    .expect("written");
    let big = include_bytes!("arrays/f4_big.npy");
    folder.file("A.npy", big);
    let text = |a: &str| {
        format!(
            "symbias = 1\noutputs = [\"y\"]\naxes = {{ n = 2, k = 3 }}\n\
             program = \"y[n] = A[n,k] * v[k] * u[row[n]] * w[n]\"\nparameters = {{ v = [\"k\"], u = [\"k\"] }}\n[constants]\n\
             row = {{ axes = [\"n\"], index = \"k\", file = \"row.csv\", key = \"i\" }}\n\
             w = {{ axes = [\"n\"], file = \"row.csv\", key = \"weight\" }}\n\
             A = {{ axes = [\"n\",\"k\"], {a} }}\n"
        )
    };
    let read = |a: &str| {
        let path = folder.file("m.toml", text(a));
        let model = SourceFile::read(&path)
            .and_then(|s| s.check(Copies::AtMost(1)))
            .expect("a model");
        let found = data::constants(&model).map_err(|e| e.to_string())?;
        let of = |name: &str| {
            let id = model.constants().find(|id| model.tensor(*id).name == name);
            found[&id.expect(name)].clone()
        };
        assert_eq!(of("row"), [0.0, 2.0]);
        assert_eq!(of("w"), [0.5, 1.5]);
        Ok::<_, String>(of("A"))
    };
    assert_eq!(read("file = \"m.safetensors\""), Ok(matrix.clone()));
    assert_eq!(read("file = \"m.safetensors\", key = \"A\""), Ok(matrix));
    assert_eq!(read("file = \"A.npy\"").expect("A")[..2], [-2.0, -1.0]);
    assert_eq!(read("file = \"flat.csv\"").expect("A")[5], 6.0);
    assert_eq!(read("file = \"row.csv\"").expect("A")[..3], [0.0, 1.0, 0.5]);
    let message = read("file = \"row.csv\", key = \"j\"").expect_err("two numbers");
    assert!(
        message.contains("shape [2], and `A` has [2, 3]"),
        "{message}"
    );
    let message = read("file = \"A.npy\", key = \"A\"").expect_err("no names");
    assert!(message.contains("leave `key` out"), "{message}");
}
