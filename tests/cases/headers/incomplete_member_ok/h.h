struct Unknown;
struct Holder { struct Unknown *inner; };
