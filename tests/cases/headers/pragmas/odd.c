int hidden(int x) { return x + 1; }
int visible(int x) { return x + 2; }
int new_name(int x) { return x + 3; }
