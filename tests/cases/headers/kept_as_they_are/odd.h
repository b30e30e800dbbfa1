#pragma once
extern int renamed(int) __asm__("real_name");
#pragma pack(push, 1)
struct packed { char c; int i; };
#pragma pack(pop)
struct unpacked { char c; int i; };
extern int (parenthesised)(int);
__attribute__((__nothrow__)) extern int attributed(int __x) __attribute__((__const__));
extern __inline__ __attribute__((__gnu_inline__, __always_inline__)) int inlined(int x) { return x + 100; }
int (*returns_function(int))(int);
struct __attribute__((aligned(16))) wide { char c; };
typedef __typeof__(sizeof(0)) my_size;
extern int many(const char *, ...), several;
;
