/* Who gives a command, where nothing else is said. */
#pragma once

#include <limits.h>

/* Of the login, so that it is a person after sudo too; else of the process. */
const char *login_name(char name[LOGIN_NAME_MAX]);
