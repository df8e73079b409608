"""Live coding: Python functions become native code that sounds."""
