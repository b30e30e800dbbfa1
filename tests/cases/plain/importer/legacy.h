int legacy(int);
int callback(int x);
