//! Laws with a known answer.
