//! krach-engine
