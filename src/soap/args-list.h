/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What each call is asked with: parameters in the order in which they are written. Rows as in records-list.h. Source:
 * spec/mapi-soap.md 6.
 */
#pragma once

/* clang-format off */

#define TW_SOAP_FIELDS_LogonArgs(T, V, S, P, N, Q, L) \
    V(T, TEXT, szUsername) V(T, TEXT, szPassword) V(T, TEXT, szImpersonateUser) \
    V(T, TEXT, szVersion) V(T, U32, ulCapabilities) V(T, U32, ulFlags) V(T, BYTES, sLicenseReq) \
    V(T, U64, ullSessionGroup) V(T, TEXT, szClientApp) V(T, TEXT, szClientAppVersion) \
    V(T, TEXT, szClientAppMisc)
#define TW_SOAP_FIELDS_SsoLogonArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, TEXT, szUsername) V(T, TEXT, szImpersonateUser) \
    V(T, OPT_BYTES, lpInput) V(T, TEXT, clientVersion) V(T, U32, clientCaps) \
    V(T, BYTES, sLicenseReq) V(T, U64, ullSessionGroup) V(T, TEXT, szClientApp) \
    V(T, TEXT, szClientAppVersion) V(T, TEXT, szClientAppMisc)
#define TW_SOAP_FIELDS_GetStoreArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, OPT_BYTES, lpsEntryId)
#define TW_SOAP_FIELDS_GetStoreNameArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId)
#define TW_SOAP_FIELDS_GetStoreTypeArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId)
#define TW_SOAP_FIELDS_GetPublicStoreArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_GetRightsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, I32, ulType)
#define TW_SOAP_FIELDS_SetRightsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) P(T, RightsArray, lpsrightsArray)
#define TW_SOAP_FIELDS_LoadPropArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, U32, ulObjId) V(T, U32, ulPropTag)
#define TW_SOAP_FIELDS_SaveObjectArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sParentEntryId) V(T, BYTES, sEntryId) \
    P(T, SaveObject, lpsSaveObj) V(T, U32, ulFlags) V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_LoadObjectArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) P(T, NotifySubscribe, lpsNotSubscribe) \
    V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_CreateFolderArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sParentId) V(T, OPT_BYTES, lpsNewEntryId) \
    V(T, U32, ulType) V(T, TEXT, szName) V(T, TEXT, szComment) V(T, BOOL, fOpenIfExists) \
    V(T, U32, ulSyncId) V(T, BYTES, sOrigSourceKey)
#define TW_SOAP_FIELDS_CreateFoldersArgs(T, V, S, P, N, Q, L) \
    N(T, U64, ulSessionId, "session-id") N(T, BYTES, parent_eid, "parent-eid") \
    S(T, NewFolderSet, batch)
#define TW_SOAP_FIELDS_DeleteObjectsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulFlags) P(T, EntryList, aMessages) V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_CopyObjectsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, EntryList, aMessages) V(T, BYTES, sDestFolderId) \
    V(T, U32, ulFlags) V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_EmptyFolderArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, U32, ulFlags) V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_DeleteFolderArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, U32, ulFlags) V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_CopyFolderArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, BYTES, sDestFolderId) \
    V(T, TEXT, lpszNewFolderName) V(T, U32, ulFlags) V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_SetReadFlagsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulFlags) V(T, OPT_BYTES, lpsEntryId) \
    P(T, EntryList, lpMessages) V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_SetReceiveFolderArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sStoreId) V(T, OPT_BYTES, lpsEntryId) \
    V(T, TEXT, lpszMessageClass)
#define TW_SOAP_FIELDS_GetReceiveFolderArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sStoreId) V(T, TEXT, lpszMessageClass)
#define TW_SOAP_FIELDS_GetReceiveFolderTableArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sStoreId)
#define TW_SOAP_FIELDS_GetMessageStatusArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_SetMessageStatusArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, U32, ulNewStatus) \
    V(T, U32, ulNewStatusMask) V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_GetIDsFromNamesArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, NamedPropArray, lpsNamedProps) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_GetNamesFromIDsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, PropTagArray, lpsPropTags)
#define TW_SOAP_FIELDS_NotifyArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) S(T, Notification, sNotification)
#define TW_SOAP_FIELDS_NotifySubscribeArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, NotifySubscribe, notifySubscribe)
#define TW_SOAP_FIELDS_NotifySubscribeMultiArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, NotifySubscribeArray, notifySubscribeArray)
#define TW_SOAP_FIELDS_NotifyUnSubscribeArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulConnection)
#define TW_SOAP_FIELDS_NotifyUnSubscribeMultiArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, MvLong, ulConnectionArray)
#define TW_SOAP_FIELDS_TableOpenArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, U32, ulTableType) V(T, U32, ulType) \
    V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_TableCloseArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId)
#define TW_SOAP_FIELDS_TableSetColumnsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) P(T, PropTagArray, aPropTag)
#define TW_SOAP_FIELDS_TableQueryColumnsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_TableSortArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) P(T, SortOrderArray, aSortOrder) \
    V(T, U32, ulCategories) V(T, U32, ulExpanded)
#define TW_SOAP_FIELDS_TableRestrictArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) P(T, RestrictTable, lpRestrict)
#define TW_SOAP_FIELDS_TableGetRowCountArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId)
#define TW_SOAP_FIELDS_TableQueryRowsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) V(T, U32, ulRowCount) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_TableFindRowArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) V(T, U32, ulBookmark) V(T, U32, ulFlags) \
    P(T, RestrictTable, lpsRestrict)
#define TW_SOAP_FIELDS_TableSeekRowArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) V(T, U32, ulBookmark) V(T, I32, lRowCount)
#define TW_SOAP_FIELDS_TableCreateBookmarkArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId)
#define TW_SOAP_FIELDS_TableFreeBookmarkArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) V(T, U32, ulbkPosition)
#define TW_SOAP_FIELDS_TableSetSearchCriteriaArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) P(T, RestrictTable, lpRestrict) \
    P(T, EntryList, lpFolders) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_TableGetSearchCriteriaArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId)
#define TW_SOAP_FIELDS_TableExpandRowArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) V(T, BYTES, sInstanceKey) V(T, U32, ulRowCount) \
    V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_TableCollapseRowArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) V(T, BYTES, sInstanceKey) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_TableGetCollapseStateArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) V(T, BYTES, sBookmark)
#define TW_SOAP_FIELDS_TableSetCollapseStateArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulTableId) V(T, BYTES, sCollapseState)
#define TW_SOAP_FIELDS_TableMultiArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) S(T, TableMultiRequest, sRequest)
#define TW_SOAP_FIELDS_SubmitMessageArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_FinishedMessageArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_AbortSubmitArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId)
#define TW_SOAP_FIELDS_ResolveStoreArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sStoreGuid)
#define TW_SOAP_FIELDS_ResolveUserStoreArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, TEXT, szUserName) V(T, U32, ulStoreTypeMask) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_CreateUserArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, User, lpsUser)
#define TW_SOAP_FIELDS_DeleteUserArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulUserId) V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_RemoveAllObjectsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sExceptUserId)
#define TW_SOAP_FIELDS_GetUserArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulUserId) V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_SetUserArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, User, lpsUser)
#define TW_SOAP_FIELDS_GetUserListArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_GetSendAsListArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulUserId) V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_AddSendAsUserArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulUserId) V(T, BYTES, sUserId) V(T, U32, ulSenderId) \
    V(T, BYTES, sSenderId)
#define TW_SOAP_FIELDS_DelSendAsUserArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulUserId) V(T, BYTES, sUserId) V(T, U32, ulSenderId) \
    V(T, BYTES, sSenderId)
#define TW_SOAP_FIELDS_GetUserClientUpdateStatusArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_PurgeSoftDeleteArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulDays)
#define TW_SOAP_FIELDS_PurgeCacheArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_CreateStoreArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulStoreType) V(T, U32, ulUserId) V(T, BYTES, sUserId) \
    V(T, BYTES, sStoreId) V(T, BYTES, sRootId) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_RemoveStoreArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sStoreGuid) V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_HookStoreArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulStoreType) V(T, BYTES, sUserId) V(T, BYTES, sStoreGuid) \
    V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_UnhookStoreArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulStoreType) V(T, BYTES, sUserId) V(T, U32, ulSyncId)
#define TW_SOAP_FIELDS_GetOwnerArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId)
#define TW_SOAP_FIELDS_ResolveUsernameArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, TEXT, lpszUsername)
#define TW_SOAP_FIELDS_CreateGroupArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, Group, lpsGroup)
#define TW_SOAP_FIELDS_SetGroupArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, Group, lpsGroup)
#define TW_SOAP_FIELDS_GetGroupArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulGroupId) V(T, BYTES, sGroupId)
#define TW_SOAP_FIELDS_GetGroupListArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_GroupDeleteArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulGroupId) V(T, BYTES, sGroupId)
#define TW_SOAP_FIELDS_ResolveGroupnameArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, TEXT, lpszGroupname)
#define TW_SOAP_FIELDS_DeleteGroupUserArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulGroupId) V(T, BYTES, sGroupId) V(T, U32, ulUserId) \
    V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_AddGroupUserArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulGroupId) V(T, BYTES, sGroupId) V(T, U32, ulUserId) \
    V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_GetUserListOfGroupArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulGroupId) V(T, BYTES, sGroupId)
#define TW_SOAP_FIELDS_GetGroupListOfUserArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulUserId) V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_CreateCompanyArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, Company, lpsCompany)
#define TW_SOAP_FIELDS_DeleteCompanyArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_SetCompanyArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, Company, lpsCompany)
#define TW_SOAP_FIELDS_GetCompanyArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_ResolveCompanynameArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, TEXT, lpszCompanyname)
#define TW_SOAP_FIELDS_AddCompanyToRemoteViewListArgs(T, V, S, P, N, Q, L) \
    N(T, U64, ulSessionId, "ecSessionId") V(T, U32, ulSetCompanyId) V(T, BYTES, sSetCompanyId) \
    V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_DelCompanyFromRemoteViewListArgs(T, V, S, P, N, Q, L) \
    N(T, U64, ulSessionId, "ecSessionId") V(T, U32, ulSetCompanyId) V(T, BYTES, sSetCompanyId) \
    V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_GetRemoteViewListArgs(T, V, S, P, N, Q, L) \
    N(T, U64, ulSessionId, "ecSessionId") V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_AddUserToRemoteAdminListArgs(T, V, S, P, N, Q, L) \
    N(T, U64, ulSessionId, "ecSessionId") V(T, U32, ulUserId) V(T, BYTES, sUserId) \
    V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_DelUserFromRemoteAdminListArgs(T, V, S, P, N, Q, L) \
    N(T, U64, ulSessionId, "ecSessionId") V(T, U32, ulUserId) V(T, BYTES, sUserId) \
    V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_GetRemoteAdminListArgs(T, V, S, P, N, Q, L) \
    N(T, U64, ulSessionId, "ecSessionId") V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_CheckExistObjectArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_ReadABPropsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId)
#define TW_SOAP_FIELDS_AbResolveNamesArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) P(T, PropTagArray, lpaPropTag) P(T, RowSet, lpsRowSet) \
    P(T, FlagArray, lpaFlags) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_SyncUsersArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulCompanyId) V(T, BYTES, sCompanyId)
#define TW_SOAP_FIELDS_SetLockStateArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId) V(T, BOOL, bLocked)
#define TW_SOAP_FIELDS_ResetFolderCountArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId)
#define TW_SOAP_FIELDS_GetQuotaArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulUserid) V(T, BYTES, sUserId) V(T, BOOL, bGetUserDefault)
#define TW_SOAP_FIELDS_SetQuotaArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulUserid) V(T, BYTES, sUserId) P(T, Quota, lpsQuota)
#define TW_SOAP_FIELDS_AddQuotaRecipientArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulCompanyid) V(T, BYTES, sCompanyId) \
    V(T, U32, ulRecipientId) V(T, BYTES, sRecipientId) V(T, U32, ulType)
#define TW_SOAP_FIELDS_DeleteQuotaRecipientArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulCompanyid) V(T, BYTES, sCompanyId) \
    V(T, U32, ulRecipientId) V(T, BYTES, sRecipientId) V(T, U32, ulType)
#define TW_SOAP_FIELDS_GetQuotaRecipientsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulUserid) V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_GetQuotaStatusArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulUserid) V(T, BYTES, sUserId)
#define TW_SOAP_FIELDS_GetChangesArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sSourceKeyFolder) V(T, U32, ulSyncId) \
    V(T, U32, ulChangeId) V(T, U32, ulChangeType) V(T, U32, ulFlags) \
    P(T, RestrictTable, lpsRestrict)
#define TW_SOAP_FIELDS_SetSyncStatusArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sSourceKeyFolder) V(T, U32, ulSyncId) \
    V(T, U32, ulChangeId) V(T, U32, ulChangeType) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_GetEntryIDFromSourceKeyArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sStoreId) V(T, BYTES, folderSourceKey) \
    V(T, BYTES, messageSourceKey)
#define TW_SOAP_FIELDS_GetSyncStatesArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) S(T, MvLong, ulaSyncId)
#define TW_SOAP_FIELDS_GetLicenseAuthArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sAuthData)
#define TW_SOAP_FIELDS_ResolvePseudoUrlArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, TEXT, lpszPseudoUrl)
#define TW_SOAP_FIELDS_GetServerDetailsArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) S(T, MvString8, szaSvrNameList) V(T, U32, ulFlags)
#define TW_SOAP_FIELDS_ExportMessageChangesAsStreamArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulFlags) S(T, PropTagArray, sPropTags) \
    Q(T, SourceKeyPairArray, sSourceKeys, "param-1") V(T, U32, ulPropTag)
#define TW_SOAP_FIELDS_ImportMessageFromStreamArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulFlags) V(T, U32, ulSyncId) V(T, BYTES, sParentEntryId) \
    V(T, BYTES, sEntryId) V(T, BOOL, bIsNew) V(T, OPT_VALUE, lpsConflictItems) \
    V(T, XOP, sStreamData)
#define TW_SOAP_FIELDS_GetChangeInfoArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, BYTES, sEntryId)
#define TW_SOAP_FIELDS_TestPerformArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, TEXT, cmd)
#define TW_SOAP_FIELDS_TestSetArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, TEXT, name) V(T, TEXT, value)
#define TW_SOAP_FIELDS_TestGetArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, TEXT, name)

/* Twiga's own: soapd/own.c */
#define TW_SOAP_FIELDS_TwigaCallArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, TEXT, szOperation) V(T, U32, ulShape) V(T, BYTES, sRequest)
#define TW_SOAP_FIELDS_TwigaWatchArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulAction) V(T, U32, ulWatch) V(T, U32, ulNumber) \
    V(T, BYTES, sWish)
#define TW_SOAP_FIELDS_TwigaWaitArgs(T, V, S, P, N, Q, L) \
    V(T, U64, ulSessionId) V(T, U32, ulMilliseconds)

#define TW_SOAP_ARGS_LIST(X) \
    X(LogonArgs) \
    X(SsoLogonArgs) \
    X(GetStoreArgs) \
    X(GetStoreNameArgs) \
    X(GetStoreTypeArgs) \
    X(GetPublicStoreArgs) \
    X(GetRightsArgs) \
    X(SetRightsArgs) \
    X(LoadPropArgs) \
    X(SaveObjectArgs) \
    X(LoadObjectArgs) \
    X(CreateFolderArgs) \
    X(CreateFoldersArgs) \
    X(DeleteObjectsArgs) \
    X(CopyObjectsArgs) \
    X(EmptyFolderArgs) \
    X(DeleteFolderArgs) \
    X(CopyFolderArgs) \
    X(SetReadFlagsArgs) \
    X(SetReceiveFolderArgs) \
    X(GetReceiveFolderArgs) \
    X(GetReceiveFolderTableArgs) \
    X(GetMessageStatusArgs) \
    X(SetMessageStatusArgs) \
    X(GetIDsFromNamesArgs) \
    X(GetNamesFromIDsArgs) \
    X(NotifyArgs) \
    X(NotifySubscribeArgs) \
    X(NotifySubscribeMultiArgs) \
    X(NotifyUnSubscribeArgs) \
    X(NotifyUnSubscribeMultiArgs) \
    X(TableOpenArgs) \
    X(TableCloseArgs) \
    X(TableSetColumnsArgs) \
    X(TableQueryColumnsArgs) \
    X(TableSortArgs) \
    X(TableRestrictArgs) \
    X(TableGetRowCountArgs) \
    X(TableQueryRowsArgs) \
    X(TableFindRowArgs) \
    X(TableSeekRowArgs) \
    X(TableCreateBookmarkArgs) \
    X(TableFreeBookmarkArgs) \
    X(TableSetSearchCriteriaArgs) \
    X(TableGetSearchCriteriaArgs) \
    X(TableExpandRowArgs) \
    X(TableCollapseRowArgs) \
    X(TableGetCollapseStateArgs) \
    X(TableSetCollapseStateArgs) \
    X(TableMultiArgs) \
    X(SubmitMessageArgs) \
    X(FinishedMessageArgs) \
    X(AbortSubmitArgs) \
    X(ResolveStoreArgs) \
    X(ResolveUserStoreArgs) \
    X(CreateUserArgs) \
    X(DeleteUserArgs) \
    X(RemoveAllObjectsArgs) \
    X(GetUserArgs) \
    X(SetUserArgs) \
    X(GetUserListArgs) \
    X(GetSendAsListArgs) \
    X(AddSendAsUserArgs) \
    X(DelSendAsUserArgs) \
    X(GetUserClientUpdateStatusArgs) \
    X(PurgeSoftDeleteArgs) \
    X(PurgeCacheArgs) \
    X(CreateStoreArgs) \
    X(RemoveStoreArgs) \
    X(HookStoreArgs) \
    X(UnhookStoreArgs) \
    X(GetOwnerArgs) \
    X(ResolveUsernameArgs) \
    X(CreateGroupArgs) \
    X(SetGroupArgs) \
    X(GetGroupArgs) \
    X(GetGroupListArgs) \
    X(GroupDeleteArgs) \
    X(ResolveGroupnameArgs) \
    X(DeleteGroupUserArgs) \
    X(AddGroupUserArgs) \
    X(GetUserListOfGroupArgs) \
    X(GetGroupListOfUserArgs) \
    X(CreateCompanyArgs) \
    X(DeleteCompanyArgs) \
    X(SetCompanyArgs) \
    X(GetCompanyArgs) \
    X(ResolveCompanynameArgs) \
    X(AddCompanyToRemoteViewListArgs) \
    X(DelCompanyFromRemoteViewListArgs) \
    X(GetRemoteViewListArgs) \
    X(AddUserToRemoteAdminListArgs) \
    X(DelUserFromRemoteAdminListArgs) \
    X(GetRemoteAdminListArgs) \
    X(CheckExistObjectArgs) \
    X(ReadABPropsArgs) \
    X(AbResolveNamesArgs) \
    X(SyncUsersArgs) \
    X(SetLockStateArgs) \
    X(ResetFolderCountArgs) \
    X(GetQuotaArgs) \
    X(SetQuotaArgs) \
    X(AddQuotaRecipientArgs) \
    X(DeleteQuotaRecipientArgs) \
    X(GetQuotaRecipientsArgs) \
    X(GetQuotaStatusArgs) \
    X(GetChangesArgs) \
    X(SetSyncStatusArgs) \
    X(GetEntryIDFromSourceKeyArgs) \
    X(GetSyncStatesArgs) \
    X(GetLicenseAuthArgs) \
    X(ResolvePseudoUrlArgs) \
    X(GetServerDetailsArgs) \
    X(ExportMessageChangesAsStreamArgs) \
    X(ImportMessageFromStreamArgs) \
    X(GetChangeInfoArgs) \
    X(TestPerformArgs) \
    X(TestSetArgs) \
    X(TestGetArgs) \
    X(TwigaCallArgs) \
    X(TwigaWatchArgs) \
    X(TwigaWaitArgs)
/* clang-format on */
