//! The Wi-Fi that the box is in.

words! {
    title: "Wi-Fi", "无线网络";
    lead_guest: "You are on the box’s own network, {ap}. Choose the network of your home: the box moves there.", "你正连着盒子自己的网络 {ap}。选择家里的无线网络，盒子就会连过去。";
    lead: "Which network the box is in.", "盒子连着哪个网络。";
    open_air: "{ap} has no passphrase, so somebody very near could listen while you type. It is gone once the box is in your network.", "{ap} 没有密码，近处的人可能听到你输入的内容。盒子连上家里的网络后它就消失。";
    // How things stand.
    joined: "The box is in {name}.", "盒子已连上 {name}。";
    joined_at: "The box is in {name}, as {address}.", "盒子已连上 {name}，地址 {address}。";
    joining: "Trying {name}. This takes half a minute at most.", "正在连接 {name}，最多半分钟。";
    joining_from: "The box now leaves {ap} and tries {name}. Go back to {name} with this device and open {page}. If that does not work, {ap} is back in a minute, and this page says why.", "盒子现在离开 {ap}，去连 {name}。请让这台设备也连回 {name}，再打开 {page}。如果打不开，一分钟后 {ap} 会再次出现，这个页面会说明原因。";
    looking: "Looking around.", "正在搜索。";
    looking_from: "The box looks around. {ap} is gone for some seconds; join it again if this device does not.", "盒子正在搜索，{ap} 会消失几秒钟；如果设备没有自动连回，请再连一次。";
    on_its_own: "The box is in no network yet. It shows its own, {ap}.", "盒子还没连上网络，正在用自己的网络 {ap}。";
    cable: "There is a cable, so no Wi-Fi is needed.", "已插网线，不需要无线网络。";
    no_radio: "This box has no Wi-Fi that works.", "这个盒子没有可用的无线网络。";
    no_radio_more: "Use a cable. Some boards have no radio, and some USB radios need a driver that is not here.", "请用网线。有些板没有无线模块，有些 USB 无线网卡缺少驱动。";
    // What went wrong last.
    wrong_passphrase: "{name}: the passphrase is wrong.", "{name}：密码不对。";
    not_found: "{name} is not in reach, or it has another name.", "{name} 不在范围内，或者名字不对。";
    refused: "{name} did not let the box in. Look at its settings, or start the router again.", "{name} 拒绝了盒子。请检查路由器设置或重启路由器。";
    no_address: "{name} let the box in but gave it no address. Start the router again.", "{name} 让盒子连上了，但没有分配地址。请重启路由器。";
    lost: "{name} went away. The box tries it again every few minutes.", "{name} 消失了，盒子每隔几分钟会再试。";
    // The list.
    networks: "Networks in reach", "附近的网络";
    none_seen: "None are in reach.", "附近没有网络。";
    again: "Look again", "重新搜索";
    strong: "strong", "信号强";
    good: "good", "信号好";
    weak: "weak", "信号弱";
    locked: "with a passphrase", "有密码";
    open: "open", "开放";
    other_lock: "for company accounts or too old: the box can’t join it", "企业认证或太旧的加密，盒子连不上";
    known: "known", "已保存";
    another: "Another one", "其他网络";
    another_more: "One that hides its name.", "隐藏名字的网络。";
    name: "Name of another network", "其他网络的名字";
    passphrase: "Passphrase", "密码";
    passphrase_hint: "As on the router. Empty for an open network.", "见路由器背面。开放网络留空。";
    country: "Country", "国家";
    country_hint: "Two letters, such as DE or CN. Channels differ; empty is fine for most.", "两个字母，比如 CN 或 DE。各国可用信道不同，一般可以留空。";
    join: "Join", "连接";
    // What is wrong in the form.
    choose: "Choose a network.", "请选择一个网络。";
    bad_name: "A name has 1 to 32 bytes.", "名字为 1 到 32 个字节。";
    bad_passphrase: "8 to 63 letters, digits and signs of a US keyboard.", "8 到 63 个字母、数字或英文符号。";
    bad_country: "Two letters, such as DE, or nothing.", "两个字母，比如 CN，或留空。";
    // Known networks.
    remembered: "Networks that the box knows", "盒子记住的网络";
    remembered_more: "It joins the first of them that is in reach, by itself.", "它会自动连接其中能连上的第一个。";
    forget: "Forget", "忘记";
    forget_of: "Forget {name}", "忘记{name}";
}
