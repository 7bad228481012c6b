//! Joining, one's own account, stream keys.

words! {
    // Joining.
    join: "Join", "加入";
    join_title: "Join this home", "加入这个家";
    invited_by: "{name} invited you.", "{name}邀请了你。";
    join_open: "Everybody at home may have an account.", "家里每个人都可以有账户。";
    name_hint: "Others see it.", "大家会看到它。";
    already_here: "Already here?", "已经有账户？";
    join_closed: "Nobody can join just now", "现在不能加入";
    join_closed_more: "The owner lets nobody else in. You can watch without an account.", "主人暂时不让别人加入。没有账户也可以观看。";
    join_invited: "One joins by invitation", "需要邀请才能加入";
    join_invited_more: "Ask the owner for a link. You can watch without an account.", "请向主人要一个链接。没有账户也可以观看。";
    join_spent: "This invitation does not work any more", "这个邀请已经失效";
    join_spent_more: "It was used up, or its time is over. Ask for a new one.", "它已用完或过期，请要一个新的。";
    make_account: "Make an account", "创建账户";
    ask_owner: "Forgot it? Ask the owner for a link.", "忘了密码？请向主人要一个链接。";
    who_may_join: "Who may join?", "谁可以加入？";
    by_invitation: "Whom I invite", "我邀请的人";
    by_invitation_more: "You send a link.", "由你发链接。";
    everybody: "Everybody on our network", "连上我们网络的人";
    everybody_more: "Good for a home without guests on the Wi-Fi.", "适合 Wi-Fi 上没有客人的家。";
    nobody_else: "Nobody else", "不再加人";
    nobody_else_more: "Others still watch, without an account.", "别人没有账户也能观看。";
    invite_somebody: "Invite somebody", "邀请别人";
    scan_or_type: "On a phone, scan. On a TV, type:", "手机扫一扫，电视上输入：";
    qr_of: "QR code for {address}", "{address} 的二维码";

    // A new password by a link.
    new_password_of: "A new password for {name}", "{name}的新密码";
    new_password_lead: "All other screens have to log in again.", "其他屏幕都需要重新登录。";
    set_password: "Save and go in", "保存并进入";
    link_spent: "This link does not work any more", "这个链接已经失效";
    link_spent_more: "It counts once, for a day. Ask the owner for a new one.", "它只能用一次，一天内有效。请向主人要一个新的。";

    // One's own account.
    picture: "Your picture", "你的头像";
    choose_picture: "Choose a picture", "选择图片";
    remove_picture: "Remove it", "移除";
    picture_no_script: "A picture is made small in the browser first: that needs JavaScript.", "图片要先在浏览器里缩小，这需要 JavaScript。";
    picture_saved: "Your picture is new.", "头像已更换。";
    picture_removed: "Your picture is gone.", "头像已移除。";
    picture_unreadable: "The browser can’t read this picture. Take another.", "浏览器读不了这张图片，请换一张。";
    no_picture: "Send a JPEG, PNG or WebP picture.", "请发送 JPEG、PNG 或 WebP 图片。";
    picture_too_large: "At most 48 KiB and 1024 × 1024 pixels.", "最多 48 KiB、1024 × 1024 像素。";
    your_data: "Your data", "你的数据";
    your_data_more: "All that the box keeps about you, your stream keys too, as one file.", "盒子里关于你的一切（包括串流密钥），存成一个文件。";
    download_data: "Download it", "下载";
    other_screens: "Other screens", "其他屏幕";
    sign_out_all: "Log out everywhere", "在所有设备上退出";
    sign_out_all_more: "Every phone, TV and computer has to log in again, this one too.", "所有手机、电视和电脑都需要重新登录，这台也是。";
    delete_account: "Delete the account", "删除账户";
    delete_account_more: "You, your channel, your keys and your comments are gone for good. Nobody gets your address for 90 days.", "你的账户、频道、密钥和评论会永久消失。90 天内没人能用你的地址。";
    delete_for_good: "Delete it for good", "永久删除";
    last_owner: "You are the only owner. Make somebody else owner first.", "你是唯一的主人，请先让别人也成为主人。";
    only_owner: "This is the only owner.", "这是唯一的主人。";
    this_box: "This box", "这个盒子";

    channel_more: "Its title, tags and picture, who may watch it, who follows and who is muted.", "标题、标签、图片、谁能看、谁关注、谁被禁言。";
    to_channel: "Set up the channel", "设置频道";
    to_keys: "Stream keys", "串流密钥";

    // Stream keys.
    key_name: "Name of the key", "密钥名称";
    key_name_hint: "Such as “phone” or “OBS”.", "比如“手机”或“OBS”。";
    add_key: "Add a key", "添加密钥";
    key_added: "The key is there. Copy it into your encoder.", "密钥已添加，请复制到推流软件里。";
    rename: "Rename", "改名";
    key_renamed: "Renamed.", "已改名。";
    key_removed: "The key works no more.", "这个密钥已失效。";
    remove_key: "Remove the key", "删除密钥";
    remove_key_more: "It stops working at once, and what is sent with it ends.", "它立即失效，用它推的流会停止。";
    remove_now: "Remove it", "确定删除";
    replace_day: "In a day", "一天之后";
    replace_day_more: "The old key works on for 24 hours.", "旧密钥再用 24 小时。";
    replace_at_once: "At once", "立即";
    replace_at_once_more: "What is sent with the old key ends.", "用旧密钥推的流会停止。";
    old_key_stops: "When does the old one stop?", "旧密钥何时失效？";
    never_used: "Not used yet", "还没用过";
    last_used: "Last used {when} from {from}", "上次使用：{when}，来自 {from}";
    used_now: "In use now, from {from}", "正在使用，来自 {from}";
    key_ends: "Replaced. It works on for {time}.", "已更换，还能用 {time}。";
    keys_paused: "The owner has paused your keys", "主人暂停了你的密钥";
    keys_paused_more: "You can’t go live until they are resumed. Ask the owner.", "恢复之前不能开播，请找主人。";
    key_paused: "Paused: encoders with this key are turned away.", "已暂停：用这个密钥推流会被拒绝。";
    pause_key: "Pause the key", "暂停密钥";
    pause_key_more: "What is sent with it ends, and its encoder is turned away until you resume it.", "用它推的流会停止，恢复之前推流软件会被拒绝。";
    pause_now: "Pause it", "暂停";
    resume_key: "Let the key work again", "恢复密钥";
    key_paused_done: "The key is paused.", "密钥已暂停。";
    key_resumed: "The key works again.", "密钥又能用了。";
    turned_away: "Your encoder was turned away", "你的推流被拒绝了";
    turned_away_paused: "{ago} from {from}: you have paused its key.", "{ago}，来自 {from}：你暂停了它的密钥。";
    turned_away_by_owner: "{ago} from {from}: the owner has paused your keys.", "{ago}，来自 {from}：主人暂停了你的密钥。";
    turned_away_quiet: "{ago} from {from}: quiet hours until {time}.", "{ago}，来自 {from}：现在是安静时段，到 {time} 结束。";
    too_many_keys: "Eight keys at most. Remove one first.", "最多 8 个密钥，请先删除一个。";
    bad_label: "A name has 1 to 32 characters.", "名称要 1 到 32 个字符。";
    end_stream: "End it now", "立即结束";
    end_stream_more: "Viewers see that you are off air. An encoder that tries again by itself comes back: stop it there too.", "观众会看到你已停播。会自动重连的推流软件会再连上：请在那边也停止。";
    stream_ended: "It is over.", "已结束。";

    // When.
    when_today: "today, {time}", "今天 {time}";
    when_yesterday: "yesterday, {time}", "昨天 {time}";
    when_days: "{n} days ago", "{n} 天前";
    when_hours: "{n} h ago, running time", "运行时间 {n} 小时前";
    when_now: "just now", "刚刚";
    when_minutes: "{n} min ago", "{n} 分钟前";
    never: "never", "从未";
}
