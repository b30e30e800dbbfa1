int legacy(void);
