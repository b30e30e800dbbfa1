#pragma once
int twice(int a);
extern int add(int, char *);
typedef signed int number;
extern int limit;
int old_style();
struct pair { int a; unsigned int b : 3; char tail[4]; };
enum sides { LEFT, RIGHT };
typedef struct { long l; } handle;
