extern int from_header;
