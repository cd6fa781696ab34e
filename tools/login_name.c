#include "tools/login_name.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

const char *login_name(char name[LOGIN_NAME_MAX])
{
	const struct passwd *user;

	if (getlogin_r(name, LOGIN_NAME_MAX) == 0)
		return name;
	user = getpwuid(getuid());
	snprintf(name, LOGIN_NAME_MAX, "%s", user ? user->pw_name : "");
	return name;
}
