struct handle;
typedef struct stream stream;
struct handle *open_handle(void);
