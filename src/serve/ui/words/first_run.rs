//! Who may own a box that nobody owns yet, and what is wrong with its card.

words! {
    open: "For {m} more minutes the first to fill this in owns the box; no code is needed. After that it asks for the set-up code.", "{m} 分钟内，第一个填好此表的人就是主人，不需要设置码。之后需要输入设置码。";
    closed: "The box asks for the set-up code that it shows: on a screen, or in the file hearth-setup.txt on its card.", "需要输入设置码：见设备屏幕，或存储卡上的 hearth-setup.txt 文件。";
    code_needed: "The time without a code is over, or this device is not on the box’s own network. Type the set-up code.", "免设置码的时间已过，或此设备不在盒子所在的网络中。请输入设置码。";
    problems: "Config problems", "配置问题";
    problems_more: "Correct them in hearth.toml on the card. The box goes on without these settings.", "请在存储卡上的 hearth.toml 中修改。盒子会忽略这些设置继续运行。";
}
