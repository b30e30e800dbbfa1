#pragma GCC visibility push(hidden)
extern int hidden(int);
#pragma GCC visibility pop
extern int visible(int);
#pragma weak perhaps
extern int perhaps(int);
#pragma redefine_extname old_name new_name
extern int old_name(int);
#pragma scalar_storage_order big-endian
struct big { int x; };
#pragma scalar_storage_order default
#pragma pack(push, outer, 1)
#pragma pack(push, 2)
struct two { char c; int i; };
#pragma pack(pop, outer)
struct none { char c; int i; };
