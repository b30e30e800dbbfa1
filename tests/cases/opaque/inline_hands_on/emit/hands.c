# 1 "hands.cm"
# 4 "hands.cm"
int _ZN5hands7throughE(void);
# 1 "owner.cm"
struct _ZN5owner4PairE;
# 1 "show.cm"
int _ZN4show5shownE(struct _ZN5owner4PairE);
# 1 "owner.cm"
struct _ZN5owner4PairE { int m0; union { int m1; float m2; }; struct { int m4; } m3; };
# 1 "between.cm"
struct _ZN5owner4PairE _ZN7between7hand_onE(struct _ZN5owner4PairE);
# 1 "between.cm"
struct _ZN5owner4PairE _ZN7between4madeE(void);
# 1 "between.cm" 3
extern __attribute__((__gnu_inline__)) __inline__ struct _ZN5owner4PairE _ZN7between7hand_onE(struct _ZN5owner4PairE given) { struct _ZN5owner4PairE copy = given; return copy; }
# 1 "owner.cm"
__extension__ _Static_assert(sizeof(struct _ZN5owner4PairE) == 12 && _Alignof(struct _ZN5owner4PairE) == 4, "the layout of 'struct Pair' differs between modcore and this compiler");
# 4 "hands.cm"
       int _ZN5hands7throughE(void) { return _ZN4show5shownE(_ZN7between7hand_onE(_ZN7between4madeE())); }
