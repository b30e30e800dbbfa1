#pragma once
enum { TAIL = 4 };
extern int twice(int b);
int add(int x, char *y) __attribute__((nothrow));
int add(int, char *);
typedef int number;
extern signed int limit;
int old_style(int x);
typedef struct pair { signed a; unsigned b : 1 + 2; char tail[TAIL]; } pair_t;
enum sides { LEFT = 0, RIGHT = 1 };
typedef struct { signed long l; } handle;
