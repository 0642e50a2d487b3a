% for error in form.errors_of(""):
<p class="error" role="alert">${error.text}</p>
% endfor
<p class="field">
<label for="title">Title</label>
<input id="title" name="title" value="${form.typed("title")}" maxlength="120" required>
% for error in form.errors_of("title"):
<span class="error" role="alert">${error.text}</span>
% endfor
</p>
<p class="field">
<label for="author">Your name</label>
<input id="author" name="author" value="${form.typed("author")}" maxlength="80" autocomplete="name" required>
% for error in form.errors_of("author"):
<span class="error" role="alert">${error.text}</span>
% endfor
</p>
<p class="field">
<label for="body">What is it about?</label>
<textarea id="body" name="body" rows="8" maxlength="5000">
${form.typed("body")}</textarea>
% for error in form.errors_of("body"):
<span class="error" role="alert">${error.text}</span>
% endfor
</p>
<div class="row">
<p class="field">
<label for="tags">Tags, with commas between them</label>
<input id="tags" name="tags" value="${form.typed("tags")}">
% for error in form.errors_of("tags"):
<span class="error" role="alert">${error.text}</span>
% endfor
</p>
<p class="field">
<label for="price">Price in €, if there is one</label>
<input id="price" name="price" value="${form.typed("price")}" inputmode="decimal">
% for error in form.errors_of("price"):
<span class="error" role="alert">${error.text}</span>
% endfor
</p>
</div>
