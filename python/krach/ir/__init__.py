"""Sessions as plain values: `krach.ir.module`."""
