//! krach-codegen
