#include "daemon/certificates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool copy_text(const char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return !text || *out;
}

int certificates_init(struct certificates *c, const struct tls_files *f, void *owner,
	void (*done)(void *owner, struct tls *tls, const char *trouble))
{
	bool ok;

	*c = (struct certificates){.owner = owner, .done = done};
	c->work.data = c;
	ok = copy_text(&c->files.host, f->host);
	ok = copy_text(&c->files.ca_file, f->ca_file) && ok;
	ok = copy_text(&c->files.cert_file, f->cert_file) && ok;
	ok = copy_text(&c->files.key_file, f->key_file) && ok;
	if (ok)
		return 0;
	certificates_deinit(c);
	return -ENOMEM;
}

void certificates_deinit(struct certificates *c)
{
	free((char *)(uintptr_t)c->files.host);
	free((char *)(uintptr_t)c->files.ca_file);
	free((char *)(uintptr_t)c->files.cert_file);
	free((char *)(uintptr_t)c->files.key_file);
	*c = (struct certificates){0};
}

/* In a thread: touches nothing but the files and what is made of them. */
static void load(uv_work_t *work)
{
	struct certificates *c = work->data;

	c->result = tls_new(&c->loaded, &c->files, &c->trouble);
}

static void on_loaded(uv_work_t *work, int status)
{
	struct certificates *c = work->data;

	const char *trouble = status < 0 ? uv_strerror(status) : c->trouble.text;

	c->is_loading = false;
	if (status < 0 || c->result < 0)
		c->done(c->owner, NULL, trouble);
	else
		c->done(c->owner, TAKE(c->loaded), "");
}

int certificates_load(struct certificates *c, uv_loop_t *loop)
{
	int r;

	r = uv_queue_work(loop, &c->work, load, on_loaded);
	c->is_loading = r == 0;
	return r;
}

void certificates_cancel(struct certificates *c)
{
	if (c->is_loading)
		(void)uv_cancel((uv_req_t *)&c->work);
}
