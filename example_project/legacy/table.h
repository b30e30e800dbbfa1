/* table.h - prints a table of values. Plain C, as it always was. */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>

/* The program provides these: how many columns there are beside x, what stands above each of them, and the
 * value of a column at x. */
int table_columns(void);
const char *table_heading(int column);
double table_value(int column, double x);

/* Prints the values at `rows` points from `first` to `last`, both included. */
void table_print(FILE *to, double first, double last, int rows);

#endif
