//! krach-session
