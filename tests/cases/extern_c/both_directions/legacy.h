int legacy_add(int a, int b);
extern int legacy_calls;
int run_callback(void);
