#include "quadrature.h"

#include <math.h>

struct panel {
    double a, b;
    double fa, fm, fb;
};

static double simpson(struct panel p)
{
    return (p.b - p.a) / 6 * (p.fa + 4 * p.fm + p.fb);
}

static double refine(quad_function *f, const void *data, struct panel p, double whole, double tolerance,
                     int depth)
{
    double m = (p.a + p.b) / 2;
    struct panel left = {p.a, m, p.fa, f((p.a + m) / 2, data), p.fm};
    struct panel right = {m, p.b, p.fm, f((m + p.b) / 2, data), p.fb};
    double l = simpson(left), r = simpson(right);
    double error = (l + r - whole) / 15;

    if (!isfinite(l + r) || depth == 0)
        return NAN;
    if (fabs(error) <= tolerance)
        return l + r + error;
    l = refine(f, data, left, l, tolerance / 2, depth - 1);
    r = refine(f, data, right, r, tolerance / 2, depth - 1);
    return l + r;
}

double quad_integrate(quad_function *f, const void *data, double a, double b, double tolerance)
{
    struct panel whole = {a, b, f(a, data), f((a + b) / 2, data), f(b, data)};

    return refine(f, data, whole, simpson(whole), tolerance, 24);
}
