//! The card's two systems, and how a newer one gets onto it.

words! {
    went_back: "The newer system did not come up.", "新系统没能启动。";
    went_back_more: "The box tried three times and went back to the one before, version {v}. Nothing is lost.", "盒子试了三次，已退回原来的系统，版本 {v}。没有丢失任何东西。";
    update: "Update", "更新";
    update_more: "An update is one file, hearth-VERSION-arm64.update, signed by who made this box’s software. The box writes it beside what runs now and starts again with it: for a minute or two nobody can watch. If the new system does not come up, the box goes back by itself.", "更新是一个文件 hearth-版本-arm64.update，由盒子软件的制作者签名。盒子会把它写在当前系统旁边，然后用它重新启动：一两分钟内无法观看。如果新系统不能启动，盒子会自动退回。";
    next: "Choose an update", "选择更新";
    file: "Update file", "更新文件";
    now: "Update the box", "更新盒子";
    wait: "This takes a minute or two. Wait until the box says that it is done.", "需要一两分钟。请等到盒子提示完成。";
    taken: "The update is on the card. The box starts again with it now; come back in two minutes.", "更新已写入存储卡。盒子正在用它重新启动，请两分钟后再来。";
    not_an_update: "This is no Hearth update. Nothing was changed.", "这不是 Hearth 的更新文件。什么都没有改变。";
    other_board: "This update is for another kind of board. Nothing was changed.", "这个更新用于另一种主板。什么都没有改变。";
    unsigned: "This update was not signed by who made this box’s software, or was changed after that. Nothing was changed.", "这个更新不是由盒子软件的制作者签名的，或签名后被改动过。什么都没有改变。";
    too_large: "This update does not fit on the card. Flash the new image instead. Nothing was changed.", "这个更新放不进存储卡，请改为刷写新镜像。什么都没有改变。";
    cut_short: "The update did not come to its end. Send it again. The box runs as before.", "更新没有传完，请重新发送。盒子照常运行。";
    damaged: "The update was damaged on its way. Fetch it again and send it again. The box runs as before.", "更新在途中损坏，请重新下载再发送。盒子照常运行。";
    card: "The card did not take the update. It may be worn out. The box runs as before.", "存储卡没能写入更新，可能已老化。盒子照常运行。";
    on_trial: "The system that runs is new and still being tried. Wait a few minutes, until it counts as good, then send this one again.", "当前系统刚更新，仍在试运行。请等几分钟，确认正常后再发送。";
    not_taken: "The box takes no update just now. Try again in a few minutes.", "盒子现在不能接受更新，请过几分钟再试。";
}
