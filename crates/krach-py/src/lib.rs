//! krach-py
