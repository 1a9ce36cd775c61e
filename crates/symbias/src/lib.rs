//! symbias
