typedef int bool;
enum { false, true };
struct flags { bool first, second; };
