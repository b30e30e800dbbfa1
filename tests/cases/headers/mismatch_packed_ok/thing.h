struct thing { char c; int i; };
