//! Files of arrays: what is read from each format, and what is said of files that are wrong.

use crate::folder::Folder;
use symbias_model::data::{self, Array, Entries, File, read_array};
use symbias_model::language::{Copies, SourceFile};

fn fixture(name: &str) -> Array {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/arrays");
    read_array(folder.join(format!("{name}.npy")), None).expect(name)
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
        read_array(folder.file("t.csv", text), key).unwrap_or_else(|e| panic!("{text:?}: {e}"))
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
    let tabs = read_array(folder.file("t.tsv", "a;b\tc\n1\t2\n"), Some("a;b")).expect("a column");
    assert_eq!(tabs.entries, [1.0]);
}

/// The first row is names where it looks like them, or where that is said; and it is said which it was.
#[test]
fn the_first_row_of_a_table_is_no_guess_in_silence() {
    let folder = Folder::new("header");
    let read = |text: &str, header: Option<bool>| {
        let file = File::from(folder.file("t.csv", text));
        data::read(file.with_header(header), None)
    };
    let rows = |text: &str, header| {
        let found = read(text, header).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        (found.array.shape[0], found.table.expect("a table"))
    };
    let (count, said) = rows("a,b\n1,2\n", None);
    assert!(count == 1 && said.ends_with("t.csv: 1 row x 2 columns, names in the first row"));
    let years = "2019,2020\n1,2\n";
    let (count, said) = rows(years, None);
    assert!(count == 2 && said.ends_with("2 rows x 2 columns, numbers from the first row on"));
    assert_eq!(rows(years, Some(true)).0, 1);
    assert_eq!(rows(",a,b\n0,1,2\n", None).0, 1);
    for doubtful in [
        "1.2.3,x\n1,2\n",
        "NA,NA\n1,2\n",
        "a,1\n1,2\n",
        "1;5,0\n1;2\n",
        "-,-\n1,2\n",
    ] {
        let message = read(doubtful, None).expect_err(doubtful).to_string();
        assert!(message.contains("header = true or false"), "{message}");
        assert!(read(doubtful, Some(true)).is_ok(), "{doubtful}");
        assert!(read(doubtful, Some(false)).is_err(), "{doubtful}");
    }
}

/// What is said of the first row holds for parameters and samples, too; of a file without a first row it is refused.
#[test]
fn parameters_and_samples_are_read_with_the_header_that_is_said() {
    let folder = Folder::new("said");
    let text = "symbias = 1\noutputs = [\"y\"]\naxes = { i = 2 }\nprogram = \"y = w[i] * x[i]\"\nparameters = { w = [\"i\"] }\ninputs = { x = [\"i\"] }\n";
    let source = SourceFile::parse(text, None).expect("a model");
    let model = source.check(Copies::All).expect("a model");
    let file = |header| File::from(folder.file("t.csv", "2019,2020\n1,2\n")).with_header(header);
    let samples = |header| data::inputs(&model, file(header)).expect("samples").len();
    assert_eq!(
        (samples(None), samples(Some(false)), samples(Some(true))),
        (2, 2, 1)
    );
    let theta = |header| data::parameters(&model, file(header));
    assert_eq!(theta(Some(true)).expect("one row"), [1.0, 2.0]);
    assert!(theta(None).is_err());
    let array = File::of("x.npy", [1, 2]).with_header(Some(true));
    let message = data::parameters(&model, array)
        .expect_err("no table")
        .to_string();
    assert!(message.contains("`x.npy`, which is no table"), "{message}");
}

/// Parameters and samples as people have them; and what is said of files of other kinds.
#[test]
fn parameters_and_inputs_from_any_format() {
    let folder = Folder::new("roles");
    let model = |text: &str| {
        let source = SourceFile::parse(text, None).expect("a model");
        source.check(Copies::All).expect("a model")
    };
    let net = model(
        "symbias = 1\noutputs = [\"y\"]\naxes = { i = 2, j = 3 }\nprogram = \"y[i] = W[i,j] * x[j] + c * t\"\nparameters = { W = [\"i\",\"j\"], c = [] }\ninputs = { x = [\"j\"], t = [] }\n",
    );
    let theta = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    for (name, text) in [
        ("row.csv", "1,2,3,4,5,6,7\n"),
        ("column.csv", "theta\n1\n2\n3\n4\n5\n6\n7\n"),
        (
            "named.csv",
            "c,W_0_0,W_0_1,W_0_2,\"W[1,0]\",\"W[1,1]\",\"W[1,2]\"\n7,1,2,3,4,5,6\n",
        ),
    ] {
        let path = folder.file(name, text);
        let found = data::parameters(&net, &path).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(found, theta, "{name}");
    }
    let samples = |name: &str, text: &str| {
        let found = data::inputs(&net, folder.file(name, text));
        found.map(|all| all.into_iter().map(|s| s.flat).collect::<Vec<_>>())
    };
    let two = vec![vec![1.0, 2.0, 3.0, 4.0], vec![5.0, 6.0, 7.0, 8.0]];
    for text in [
        "1,2,3,4\n5,6,7,8\n",
        "t,x0,x1,x2\n4,1,2,3\n8,5,6,7\n",
        "a,b,c,d\n1,2,3,4\n5,6,7,8\n",
    ] {
        let found = samples("x.csv", text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(found, two, "{text}");
    }
    for (text, what) in [
        ("1,2,3\n", "a sample has 4 entries"),
        ("t,x0,x1,z\n1,2,3,4\n", "no column `x[2]`"),
        ("t,x0,x1,x2,z\n1,2,3,4,5\n", "a column `z`"),
    ] {
        let message = samples("x.csv", text).expect_err(text).to_string();
        assert!(message.contains(what), "{message}");
    }
    let one = model(
        "symbias = 1\noutputs = [\"y\"]\naxes = { j = 3 }\nprogram = \"y = w[j] * x[j]\"\nparameters = { w = [\"j\"] }\ninputs = { x = [\"j\"] }\n",
    );
    let arrays = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/arrays");
    let found = data::inputs(&one, arrays.join("f8_little.npy")).expect("two samples");
    assert_eq!((found.len(), found[0].flat.len()), (2, 3));
    let scalar = folder.path("one.safetensors");
    let vector: [(&str, &[usize], Entries<'_>); 1] =
        [("x", &[3], Entries::from(&[1.0, 2.0, 3.0][..]))];
    data::write_arrays(&scalar, &vector).expect("written");
    let message = data::inputs(&one, &scalar)
        .expect_err("one sample")
        .to_string();
    assert!(
        message.contains("that of one sample") && message.contains("[None]"),
        "{message}"
    );
    let number: [(&str, &[usize], Entries<'_>); 2] = [
        ("W", &[2, 3], Entries::from(&theta[..6])),
        ("c", &[1], Entries::from(&theta[6..])),
    ];
    data::write_arrays(&scalar, &number).expect("written");
    let message = data::parameters(&net, &scalar)
        .expect_err("[1]")
        .to_string();
    assert!(
        message.contains("shape [1]") && message.contains("reshape(())"),
        "{message}"
    );
    for (name, bytes, what) in [
        ("a.npz", &b"PK\x03\x04..."[..], "archive of NumPy"),
        ("a.pt", b"PK\x03\x04...", "safetensors.torch"),
        ("a.pkl", b"\x80\x04...", "pickle"),
        ("a.h5", b"\x89HDF\r\n\x1a\n..", "HDF5"),
        ("a.txt", b"1 2 3\n4 5 6\n", "ending .csv"),
    ] {
        let message = data::parameters(&net, folder.file(name, bytes))
            .expect_err(name)
            .to_string();
        assert!(
            message.contains(what) && message.contains("help: "),
            "{name}: {message}"
        );
    }
}

/// What stands at a place stays what it is: a link, a mode, a pipe, a protected file.
#[cfg(unix)]
#[test]
fn outputs_leave_what_stands_at_their_place() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    use symbias_model::data::output::{stage, write_bytes};
    let folder = Folder::new("places");
    let mode = |name: &str| {
        let metadata = std::fs::metadata(folder.path(name)).expect(name);
        metadata.permissions().mode() & 0o777
    };
    let set = |name: &str, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(folder.path(name), permissions).expect(name);
    };
    let target = folder.file("target", "old");
    set("target", 0o640);
    symlink("target", folder.path("link")).expect("a link");
    write_bytes(&folder.path("link"), b"new").expect("written");
    assert!(folder.path("link").is_symlink());
    assert_eq!(std::fs::read(&target).expect("the target"), b"new");
    assert_eq!(mode("target"), 0o640);
    symlink("absent", folder.path("dangling")).expect("a link");
    write_bytes(&folder.path("dangling"), b"new").expect("written");
    assert!(folder.path("dangling").is_symlink() && folder.path("absent").is_file());
    write_bytes(std::path::Path::new("/dev/null"), b"new").expect("written");
    let null = std::fs::metadata("/dev/null").expect("a device");
    assert!(null.file_type().is_char_device());
    let full = write_bytes(std::path::Path::new("/dev/full"), b"new").expect_err("no space");
    assert!(full.to_string().contains("free space"), "{full}");
    set("target", 0o400);
    let protected = write_bytes(&target, b"newer").expect_err("protected");
    assert!(
        protected.to_string().contains("write-protected"),
        "{protected}"
    );
    let dropped = stage(&folder.path("other"), b"x").expect("staged");
    drop(dropped);
    let mut names: Vec<_> = std::fs::read_dir(folder.path(""))
        .expect("the folder")
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["absent", "dangling", "link", "target"]);
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
            "line 1 column 3: `2.O` neither a number nor a name",
        ),
        ("comma.csv", b"1;2\n1,5;2\n".to_vec(), None, "decimal point"),
        (
            "missing.csv",
            b"1,,2\n".to_vec(),
            None,
            "line 1 column 3: `` neither a number nor a name",
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
        let message = read_array(folder.path(name), None)
            .expect_err(name)
            .to_string();
        assert!(
            message.contains(name) && message.contains("cannot read"),
            "{message}"
        );
    }
    let message = read_array(folder.path(""), None)
        .expect_err("a folder")
        .to_string();
    assert!(message.contains("is a directory"), "{message}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        folder.file("real.csv", "1\n2\n");
        symlink(folder.path("real.csv"), folder.path("link.csv")).expect("a link");
        assert_eq!(
            read_array(folder.path("link.csv"), None)
                .expect("two")
                .entries,
            [1.0, 2.0]
        );
        symlink(folder.path("loop.csv"), folder.path("loop.csv")).expect("a link");
        assert!(read_array(folder.path("loop.csv"), None).is_err());
        symlink("/dev/zero", folder.path("zero.npy")).expect("a link");
        let message = read_array(folder.path("zero.npy"), None)
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
