#include "table.h"

#include <math.h>

void table_print(FILE *to, double first, double last, int rows)
{
    int row, column;

    fprintf(to, "%10s", "x");
    for (column = 0; column < table_columns(); column++)
        fprintf(to, "%14s", table_heading(column));
    fprintf(to, "\n");
    for (row = 0; row < rows; row++) {
        double x = first + (last - first) * row / (rows - 1);
        fprintf(to, "%10.4g", x);
        for (column = 0; column < table_columns(); column++) {
            double value = table_value(column, x);
            if (fabs(value) < 5e-7)
                value = 0;
            if (isfinite(value))
                fprintf(to, "%14.6f", value);
            else
                fprintf(to, "%14s", "-");
        }
        fprintf(to, "\n");
    }
}
