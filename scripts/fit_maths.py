"""Finds the polynomials of crates/krach-ir/src/maths/single.rs: python scripts/fit_maths.py (needs mpmath).

Remez's exchange algorithm (Muller, Elementary Functions, 2016, chapter 3): a polynomial of degree n has the
least relative error where the error has n + 2 extremes of one size and alternating signs.
"""

from collections.abc import Callable

from mpmath import cos, exp, log, lu_solve, matrix, mp, mpf, pi, polyval, sin, sqrt

mp.dps = 40
GRID = 2000
ROUNDS = 12
Real = Callable[[mpf], mpf]


def extremes(points: list[mpf], errors: list[mpf]) -> list[tuple[mpf, mpf]]:
    """The largest error of each run of one sign."""
    found: list[tuple[mpf, mpf]] = []
    for point, error in zip(points, errors, strict=True):
        if not found or (error > 0) != (found[-1][1] > 0):
            found.append((point, error))
        elif abs(error) > abs(found[-1][1]):
            found[-1] = (point, error)
    return found


def remez(target: Real, weight: Real, degree: int, lo: mpf, hi: mpf) -> tuple[list[mpf], mpf]:
    """Coefficients, lowest first, and the largest weighted error between `lo` and `hi`."""
    count = degree + 2
    nodes = [(lo + hi) / 2 - (hi - lo) / 2 * cos(pi * (2 * k + 1) / (2 * count)) for k in range(count)]
    grid = [lo + (hi - lo) * k / GRID for k in range(GRID + 1)]
    coefficients, errors = [], []
    for _ in range(ROUNDS):
        rows, values = matrix(count, count), matrix(count, 1)
        for row, x in enumerate(nodes):
            for power in range(degree + 1):
                rows[row, power] = x**power
            rows[row, degree + 1] = (-1) ** row / weight(x)
            values[row] = target(x)
        solution = lu_solve(rows, values)
        coefficients = [solution[power] for power in range(degree + 1)]
        errors = [(polyval(coefficients[::-1], x) - target(x)) * weight(x) for x in grid]
        found = extremes(grid, errors)
        while len(found) > count:
            found.pop(0 if abs(found[0][1]) < abs(found[-1][1]) else -1)
        if len(found) < count:
            break
        nodes = [x for x, _ in found]
    return coefficients, max(abs(error) for error in errors)


def exp2_rest(r: mpf) -> mpf:
    """(2^r - 1) / r."""
    return (exp(r * log(2)) - 1) / r if abs(r) > mpf("1e-12") else log(2) + r * log(2) ** 2 / 2


def log2_ratio(z: mpf) -> mpf:
    """log2((1 + s) / (1 - s)) / s, where s is the root of z."""
    return log((1 + sqrt(z)) / (1 - sqrt(z))) / log(2) / sqrt(z) if z > mpf("1e-20") else 2 / log(2)


def sin_rest(z: mpf) -> mpf:
    """(sin r - r) / r^3, where r is the root of z."""
    return (sin(sqrt(z)) - sqrt(z)) / (sqrt(z) * z)


def cos_rest(z: mpf) -> mpf:
    """(cos r - 1 + r^2 / 2) / r^4, where r is the root of z."""
    return (cos(sqrt(z)) - 1 + z / 2) / z**2


def main() -> None:
    """Prints every table."""
    slope = (sqrt(2) - 1) / (sqrt(2) + 1)
    quarter = (pi / 4 * mpf("1.0001")) ** 2
    half, tiny, small = mpf(1) / 2, mpf("1e-9"), mpf("1e-4")
    rows = [
        ("EXP2", exp2_rest, lambda r: 1 / exp2_rest(r), 6, -half, half),
        ("LOG2", log2_ratio, lambda z: 1 / log2_ratio(z), 5, mpf(0), slope**2),
        ("SIN", sin_rest, lambda z: z * sqrt(z) / sin(sqrt(z)), 2, tiny, quarter),
        ("COS", cos_rest, lambda z: z * z / cos(sqrt(z)), 2, small, quarter),
    ]
    for name, target, weight, degree, lo, hi in rows:
        coefficients, error = remez(target, weight, degree, lo, hi)
        print(name, f"relative error 2^{float(log(error) / log(2)):.1f}", [float(c) for c in coefficients])


if __name__ == "__main__":
    main()
