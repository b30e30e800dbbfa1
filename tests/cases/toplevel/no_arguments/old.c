int old(a, b) int a, b; { return a + b; }
