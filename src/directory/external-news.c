/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What those who follow the directory are told of who came and who went: it stands in dir_external until they have dealt with it. */
#include "base/error.h"
#include "base/log.h"
#include "directory/external-private.h"

typedef struct {
    GPtrArray *list; /* of TwDirectoryKnown */
    const TwDirectoryKnown *told;
} News;

static gboolean
list_news_tx(TwDbTx *tx, gpointer data, GError **error)
{
    News *news = data;

    g_ptr_array_set_size(news->list, 0);
    return tw_sql_dir_external_list(tx, TRUE, news->list, error);
}

/* It may have gone, or changed, while it was told: only what was told is taken away. */
static gboolean
mark_told_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const News *news = data;
    g_autoptr(GPtrArray) now =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_known_free);

    if (!tw_sql_dir_external_get(tx, news->told->number, now, error))
        return FALSE;
    if (now->len == 0)
        return TRUE;
    if (news->told->news & TW_DIRECTORY_NEWS_GONE)
        return tw_sql_dir_external_delete(tx, news->told->number, error);
    ((TwDirectoryKnown *) now->pdata[0])->news &= ~news->told->news;
    return tw_sql_dir_external_put(tx, now->pdata[0], error);
}

static gboolean
tell(TwDirectoryNewsFunc func, gpointer data, const TwDirectoryKnown *known)
{
    TwDirectoryNews news = { .number = known->number,
                             .kind = (TwDirectoryKind) known->kind,
                             .company = known->company,
                             .name = known->name };

    if (known->news & TW_DIRECTORY_NEWS_GONE) {
        news.what = TW_DIRECTORY_WENT;
        return func(&news, data);
    }
    news.what = TW_DIRECTORY_CAME;
    if ((known->news & TW_DIRECTORY_NEWS_MADE) && !func(&news, data))
        return FALSE;
    news.what = TW_DIRECTORY_OTHER_QUOTA;
    return !(known->news & TW_DIRECTORY_NEWS_QUOTA) || func(&news, data);
}

void
tw_directory_external_tell(TwDb *db,
                           TwDirectoryNewsFunc func,
                           gpointer data,
                           gboolean (*go_on)(gpointer data),
                           gpointer go_on_data)
{
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify) tw_directory_known_free);
    g_autoptr(GError) error = NULL;
    News news = { .list = list };

    if (!tw_db_read(db, NULL, list_news_tx, &news, &error)) {
        tw_log(TW_LOG_ERR, "user-news-failed", tw_log_error(error));
        return;
    }
    for (guint i = 0; i < list->len && go_on(go_on_data); i++) {
        news.told = g_ptr_array_index(list, i);
        if (tell(func, data, news.told) && !tw_db_write(db, mark_told_tx, &news, &error)) {
            tw_log(TW_LOG_ERR, "user-news-failed", tw_log_error(error));
            return;
        }
    }
}
