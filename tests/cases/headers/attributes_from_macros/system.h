#pragma GCC system_header
#define NOTHROW __attribute__((__nothrow__))
#define ALIGNED __attribute__((__aligned__(16)))
#define PACKED __attribute__((__packed__))
