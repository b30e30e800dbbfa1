#define TWICE(x) ((x) + (x))
#define CALL_UNKNOWN() unknown_function()
