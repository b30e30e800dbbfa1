#define HANDLER(name) void name(int); void name(int number)
