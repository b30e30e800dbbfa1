#define WHERE __FILE__, __LINE__
