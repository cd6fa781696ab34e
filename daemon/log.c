#include "daemon/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define TEXT_MAX 2048

static bool to_journal;

void log_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	to_journal = stream && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &dev, &ino) == 2 &&
		     fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

static void put(int priority, const char *word, const char *fmt, va_list args)
{
	char text[TEXT_MAX], line[TEXT_MAX + 32];
	int len;

	vsnprintf(text, sizeof(text), fmt, args);
	if (to_journal && sd_journal_send("MESSAGE=%s", text, "PRIORITY=%d", priority,
				  "SYSLOG_IDENTIFIER=defectd", NULL) == 0)
		return;
	/* in one write, so that lines of two threads do not mix */
	len = snprintf(line, sizeof(line), "defectd: %s%s\n", word, text);
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return; /* there is nobody left to tell */
}

#define LOG_FUNCTION(name, priority, word)      \
	void name(const char *fmt, ...)         \
	{                                       \
		va_list args;                   \
                                                \
		va_start(args, fmt);            \
		put(priority, word, fmt, args); \
		va_end(args);                   \
	}

LOG_FUNCTION(log_error, 3, "error: ")
LOG_FUNCTION(log_warning, 4, "warning: ")
LOG_FUNCTION(log_info, 6, "")

bool log_is_news(struct log_memory *m, const char *text)
{
	char cut[sizeof(m->text)];

	snprintf(cut, sizeof(cut), "%s", text);
	if (strcmp(cut, m->text) == 0)
		return false;
	memcpy(m->text, cut, sizeof(cut));
	return true;
}
