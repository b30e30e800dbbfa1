/* quadrature.h - adaptive Simpson integration. Plain C, as it always was. */
#ifndef QUADRATURE_H
#define QUADRATURE_H

typedef double quad_function(double x, const void *data);

/* The integral of f from a to b, to about the given tolerance; NAN when f is not finite on the way. */
double quad_integrate(quad_function *f, const void *data, double a, double b, double tolerance);

#endif
