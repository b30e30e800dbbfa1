struct Unknown;
struct Holder { struct Unknown inner; };   // error: incomplete-type
