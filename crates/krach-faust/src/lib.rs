//! krach-faust
