//! krach-cli
