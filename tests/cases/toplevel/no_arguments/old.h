int old();
