#define HEADER_MAX 4
enum { HEADER_ENUM = 5 };
static const int header_const = 6;
struct header_pair { char c; long l; };
