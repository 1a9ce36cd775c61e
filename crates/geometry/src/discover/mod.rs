//! Discovery of symmetries, three ways that must agree: by rules, by ranks, by certificate.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::discover::certificate::certify;
//! use symbias_geometry::discover::structural::factors;
//! use symbias_geometry::probe::{Entries, Probes};
//! let found = factors(&model);
//! assert_eq!(found[0].name(), "R^2");
//! let probes = Probes::new(&model, &Entries::new(), None, 0)?;
//! let certificate = certify(&probes, &[found[0].generators(&model)], 4)?.expect("fields");
//! assert!(certificate.holds() && certificate.has_power());
//! # Ok::<(), symbias_model::Error>(())
//! ```

pub mod certificate;
pub mod structural;
