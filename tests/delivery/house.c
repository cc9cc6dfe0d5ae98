/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "delivery/house.h"

#include <string.h>

#include "store/invariants.h"

static void
make_person(House *house, const char *name, Person *ret)
{
    TwMailboxSpec spec;

    world_user(&house->world, 0, name, &ret->user);
    spec = tw_mailbox_spec(ret->user.number, TW_STORE_PRIVATE, NULL);
    assert_done(tw_mailbox_fill(house->system, &ret->user.store, &spec, FALSE, NULL, error));
    assert_done(tw_mailbox_folders(house->system, &ret->user.store, TW_LAYOUT_PRIVATE,
                                   &ret->folders, error));
}

void
house_new(House *house)
{
    *house = (House){ 0 };
    world_new(&house->world);
    house->system = world_trusted(&house->world, "SYSTEM");
    make_person(house, "ann", &house->ann);
    make_person(house, "bob", &house->bob);
    house->delivery = tw_delivery_new(house->world.server, NULL);
}

void
house_free(House *house)
{
    tw_delivery_free(house->delivery);
    tw_session_unref(house->system);
    invariants_check_engine(house->world.bed.engine, INVARIANTS_ALL, "at the end");
    world_free(&house->world);
}

void
house_set(House *house, const char *key, const char *value)
{
    TwConfigSetting setting = { key, value };

    house_set_all(house, &setting, 1);
}

void
house_set_all(House *house, const TwConfigSetting *settings, guint count)
{
    g_autoptr(TwConfigSchema) schema = tw_config_schema_new();
    TwConfigSource source = { .settings = settings, .settings_count = count };
    g_autoptr(TwConfig) config = NULL;
    g_autoptr(TwDeliveryOptions) options = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(tw_config_schema_add(schema, &tw_delivery_config_table, NULL));
    config = tw_config_load(schema, &source, NULL, &error);
    g_assert_no_error(error);
    options = tw_delivery_options_new(config, &error);
    g_assert_no_error(error);
    tw_delivery_set_options(house->delivery, options);
}

GError *
house_deliver_with(House *house,
                   const char *sender,
                   const char *address,
                   const TwDeliveryWish *wish,
                   const char *mail)
{
    static const char trace[] = "Return-Path: <x>\r\n";
    g_autofree char *all = g_strconcat(trace, mail, NULL);
    g_autoptr(GBytes) bytes = g_bytes_new(all, strlen(all));
    TwDeliveryMail what = { .mail = bytes, .trace_len = strlen(trace), .sender = sender };
    TwMailDigest digest;
    g_autoptr(GError) error = NULL;
    g_autoptr(TwDeliveryRecipient) recipient =
        tw_delivery_find(house->delivery, address, wish, &error);

    tw_mail_digest((const guint8 *) mail, strlen(mail), sender, &digest);
    what.digest = &digest;
    if (recipient == NULL)
        return g_steal_pointer(&error);
    tw_delivery_run(house->delivery, &what, &recipient, 1);
    return g_steal_pointer(&recipient->error);
}

GError *
house_deliver(House *house, const char *sender, const char *address, const char *mail)
{
    return house_deliver_with(house, sender, address, NULL, mail);
}

static GArray *
list(House *house, const Person *person, guint32 folder)
{
    g_auto(TwMessageListArgs) args = { .store = person->user.store, .folder = folder };

    assert_done(tw_session_message_list(house->system, &args, error));
    return g_steal_pointer(&args.rows);
}

guint
house_count(House *house, const Person *person, guint32 folder)
{
    g_autoptr(GArray) rows = list(house, person, folder);

    return rows->len;
}

TwObject *
house_last(House *house, const Person *person, guint32 folder, TwMessageRow *ret_row)
{
    g_autoptr(GArray) rows = list(house, person, folder);
    g_auto(TwMessageReadArgs) read = { .store = person->user.store };

    if (rows->len == 0)
        return NULL;
    read.message = g_array_index(rows, TwMessageRow, rows->len - 1).mid;
    assert_done(tw_session_message_read(house->system, &read, error));
    if (ret_row != NULL) {
        *ret_row = read.row;
        read.row = (TwMessageRow){ 0 };
    }
    return g_steal_pointer(&read.object);
}

guint
house_queued(House *house, const Person *person)
{
    g_auto(TwQueueListArgs) args = { .store = person->user.store };

    assert_done(tw_session_queue_list(house->system, &args, error));
    return args.rows->len;
}

GBytes *
house_folder_id(House *house, const Person *person, guint32 folder)
{
    g_auto(TwFolderKeysArgs) args = { .store = person->user.store, .folder = folder };

    assert_done(tw_session_folder_keys(house->system, &args, error));
    return g_steal_pointer(&args.entry_id);
}
